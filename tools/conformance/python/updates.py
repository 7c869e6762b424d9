"""The page's six updates through PyPI `twilio` or PyPI `signalwire`, unmodified but for the base
URL. One JSON line a call on standard output."""

import json
import os
import sys

env = os.environ
library = sys.argv[1]
if library == "signalwire":
    from signalwire.rest import Client

    client = Client(env["ACCOUNT"], env["TOKEN"], signalwire_space_url=env["SPACE"])
    client.http_client.session.verify = env["CA"]
else:
    from twilio.rest import Client

    client = Client(env["ACCOUNT"], env["TOKEN"])
    client.api.base_url = env["BASE"]

conference = client.conferences(env["CONFERENCE"])
participant = conference.participants(env["CALL"])
coached = env["COACHED"]
steps = {
    "update": lambda: participant.update(),
    "coaching": lambda: participant.update(muted=False, coaching=True, call_sid_to_coach=coached),
    "monitoring": lambda: participant.update(muted=True, coaching=True, call_sid_to_coach=coached),
    "barge": lambda: participant.update(muted=False, coaching=False, call_sid_to_coach=""),
    "mute": lambda: participant.update(muted=True),
    "hold": lambda: participant.update(hold=True, hold_url=env["HOLD_URL"]),
    "unhold": lambda: participant.update(hold=False, muted=False),
    "fetch": lambda: participant.fetch(),
    "list": lambda: conference.participants.list(page_size=1),
    "conference": lambda: conference.fetch(),
    "call": lambda: client.calls(env["CALL"]).fetch(),
    "account": lambda: client.api.accounts(env["ACCOUNT"]).fetch(),
    "remove": lambda: participant.delete(),
}
for name in sys.argv[2:]:
    result = steps[name]()
    if isinstance(result, list):
        shown = [r.call_sid for r in result]
    elif hasattr(result, "call_sid"):
        shown = {
            "call_sid": result.call_sid,
            "muted": result.muted,
            "hold": result.hold,
            "coaching": result.coaching,
            "call_sid_to_coach": result.call_sid_to_coach,
            "date_updated": str(result.date_updated),
        }
    else:
        shown = getattr(result, "sid", result)
    print(json.dumps({"step": name, "result": shown}), flush=True)
