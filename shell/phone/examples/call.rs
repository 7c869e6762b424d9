//! Calls a room with one or more phones that send tones, and prints which phones hear which. By
//! hand:
//! `cargo run -p confab-phone --example call -- 127.0.0.1:5060 room 5 600 1000 1450 [out-folder]`
//! (server, room, seconds, one tone for each phone).

use std::error::Error;
use std::time::Duration;

use confab_phone::heard::{Sought, continuity, frames, phase_jumps, samples_in_time, wav};
use confab_phone::heard::{presence, who_is_heard};
use confab_phone::{Phone, PhoneConfig, Phones, Voice};

const DBFS: f64 = -20.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let server = arguments.next().ok_or("which server?")?.parse()?;
    let room = arguments.next().ok_or("which room?")?;
    let seconds: f64 = arguments.next().ok_or("how many seconds?")?.parse()?;
    let (mut voices, mut folder) = (Vec::new(), None);
    for argument in arguments {
        match argument.parse::<f64>() {
            Ok(hz) => voices.push(Sought {
                name: format!("{hz} Hz"),
                hz,
                dbfs: DBFS,
            }),
            Err(_) => folder = Some(argument),
        }
    }
    let phones = Phones::new()?;
    let call = |voice: &Sought| -> Result<Phone, Box<dyn Error>> {
        let tone = Voice::Tone {
            hz: voice.hz,
            dbfs: voice.dbfs,
        };
        let from = format!("tone{}", voice.hz);
        let phone = phones.call(&PhoneConfig::new(server, &room, &from).saying(tone))?;
        phone.wait_until_talking(Duration::from_secs(5))?;
        Ok(phone)
    };
    let talking: Vec<Phone> = voices.iter().map(call).collect::<Result<_, _>>()?;
    let last = talking.last().ok_or("which tones?")?;
    last.listen(Duration::from_secs_f64(seconds))?;
    for (phone, own) in talking.iter().zip(&voices) {
        let heard = frames(&phone.packets());
        let settled = heard.get(25..).unwrap_or_default();
        println!("{} hears {:?}", own.name, who_is_heard(settled, &voices));
        println!("    {:?}", continuity(&heard));
        for voice in &voices {
            let jumps = phase_jumps(settled, voice.hz, voice.dbfs);
            println!(
                "    {}: {jumps} phase jumps, {:?}",
                voice.name,
                presence(settled, voice)
            );
        }
        if let Some(folder) = &folder {
            let file = format!("{folder}/{}.wav", own.hz);
            std::fs::write(file, wav(&samples_in_time(&heard)))?;
        }
        phone.hang_up()?;
    }
    for phone in &talking {
        println!("{:?}", phone.wait_until_ended(Duration::from_secs(5))?);
    }
    Ok(())
}
