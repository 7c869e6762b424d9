//! The audio of one room: sums once, gives each leg its mix-minus.
