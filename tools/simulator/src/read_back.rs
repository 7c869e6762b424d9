//! The core is written out and read back, mid-call and in the middle of anything: nobody may
//! notice.

use crate::outcome::Checked;
use crate::tally::Kind;
use crate::world::World;

impl World {
    /// At 1 % of the inputs.
    pub(crate) fn restores(&mut self) -> bool {
        // Thrown whether it counts or not: nothing else may depend on it.
        let restores = self.restoring.chance(10) && self.options.restores;
        if restores {
            self.tally.count(Kind::Restored);
            self.trace(|| "   written out and read back".to_owned());
        }
        restores
    }

    pub(crate) fn restore_board(&mut self) -> Checked {
        if self.restores() {
            let bytes = postcard::to_stdvec(&self.board).map_err(|e| e.to_string())?;
            self.board = postcard::from_bytes(&bytes).map_err(|e| e.to_string())?;
            let bytes = postcard::to_stdvec(&self.post.deliveries).map_err(|e| e.to_string())?;
            self.post.deliveries = postcard::from_bytes(&bytes).map_err(|e| e.to_string())?;
            return self.restore_engine();
        }
        Ok(())
    }

    pub(crate) fn restore_engine(&mut self) -> Checked {
        let bytes = postcard::to_stdvec(&self.engine).map_err(|e| e.to_string())?;
        self.engine = postcard::from_bytes(&bytes).map_err(|e| e.to_string())?;
        Ok(())
    }
}
