//! Limits on the use of resources by each peer: quotas of transactions and calls, rates, and
//! reports of rejections.

mod bucket;
mod datagram_rate;
mod limit;
mod quotas;

pub(crate) use datagram_rate::DatagramRate;
pub use limit::Limit;
pub(crate) use limit::LimitReport;
pub use quotas::CallLimits;
pub(crate) use quotas::{QuotaOwner, Quotas};
