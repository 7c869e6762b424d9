//! Serialization and restoration of the core's state in the middle of calls, without any effect on
//! the run.

use crate::outcome::Checked;
use crate::tally::Kind;
use crate::world::World;

impl World {
    /// Decides whether the state is restored now: at 1 % of the inputs.
    pub(crate) fn restores(&mut self) -> bool {
        // Drawn in each case, so that the option changes no other draw.
        let restores = self.restoring.chance(10) && self.options.restores;
        if restores {
            self.tally.count(Kind::Restored);
            self.trace(|| "   written out and read back".to_owned());
        }
        restores
    }

    pub(crate) fn restore_board(&mut self) -> Checked {
        if self.restores() {
            self.check_a_kill()?;
            let bytes = postcard::to_stdvec(&self.board).map_err(|e| e.to_string())?;
            self.board = postcard::from_bytes(&bytes).map_err(|e| e.to_string())?;
            let bytes = postcard::to_stdvec(&self.post.deliveries).map_err(|e| e.to_string())?;
            self.post.deliveries = postcard::from_bytes(&bytes).map_err(|e| e.to_string())?;
            return self.restore_engines();
        }
        Ok(())
    }

    pub(crate) fn restore_engines(&mut self) -> Checked {
        for thread in &mut self.threads {
            let bytes = postcard::to_stdvec(&thread.engine).map_err(|e| e.to_string())?;
            thread.engine = postcard::from_bytes(&bytes).map_err(|e| e.to_string())?;
            let bytes = postcard::to_stdvec(&thread.arrivals).map_err(|e| e.to_string())?;
            thread.arrivals = postcard::from_bytes(&bytes).map_err(|e| e.to_string())?;
        }
        Ok(())
    }
}
