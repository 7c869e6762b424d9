"""The page's six updates and other requests by PyPI `twilio` or PyPI `signalwire`, with only the
base URL replaced. Prints one JSON line per request."""

import datetime
import json
import os
import re
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


def refused(request, **fields):
    from twilio.base.exceptions import TwilioRestException

    try:
        request(**fields)
    except TwilioRestException as error:
        return {"status": error.status, "code": error.code, "message": error.msg}
    raise AssertionError("it was not refused")


def filtered():
    """Lists calls by a filter; converts names to those of Python, and times from text to dates."""
    found = {}
    for name, value in json.loads(env.get("FILTER", "{}")).items():
        snake = re.sub("[A-Z]", lambda one: "_" + one.group().lower(), name)
        if re.match("(start|end)_time", snake):
            value = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        found["from_" if snake == "from" else snake] = value
    return client.calls.list(**found)


def told():
    now = datetime.datetime.now(datetime.timezone.utc)
    since = (now - datetime.timedelta(days=1)).date()
    every = client.notifications.list(page_size=1, message_date_after=since)
    fetched = client.notifications(every[0].sid).fetch()
    of_call = client.calls(env["CALL"]).notifications
    codes = lambda found: [one.error_code for one in found]
    return {
        "all": codes(every),
        "errors": codes(client.notifications.list(log=0)),
        "warnings": codes(client.notifications.list(log=1)),
        "earlier": len(client.notifications.list(message_date_before=datetime.date(1970, 1, 1))),
        "of_call": codes(of_call.list()),
        "again": of_call(every[0].sid).fetch().sid == every[0].sid,
        "date": (now - fetched.message_date).total_seconds() < 60,
        "url": fetched.request_url,
        "variables": fetched.request_variables,
        "body": fetched.response_body,
    }


def keys():
    made = client.new_keys.create(friendly_name="desk")
    key = client.keys(made.sid)
    fetched = key.fetch()
    renamed = key.update(friendly_name="renamed")
    if library == "signalwire":
        signed_in = Client(
            made.sid, made.secret, env["ACCOUNT"], signalwire_space_url=env["SPACE"]
        )
        signed_in.http_client.session.verify = env["CA"]
    else:
        signed_in = Client(made.sid, made.secret, env["ACCOUNT"])
        signed_in.api.base_url = env["BASE"]
    listed = [one.sid for one in signed_in.keys.list(page_size=1)]
    signed_in.calls.list()
    removed = key.delete()
    now = datetime.datetime.now(datetime.timezone.utc)
    return {
        "sid": made.sid,
        "secret": made.secret,
        "name": fetched.friendly_name,
        "shownAgain": hasattr(fetched, "secret"),
        "renamed": renamed.friendly_name,
        "listed": listed,
        "removed": removed,
        "created": (now - made.date_created).total_seconds() < 60,
        "after": refused(signed_in.api.accounts(env["ACCOUNT"]).fetch),
        "gone": refused(key.fetch),
    }


steps = {
    "keys": keys,
    "told": told,
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
    "conferences": lambda: client.conferences.list(status="in-progress"),
    "calls": lambda: client.calls.list(page_size=1),
    "filtered": filtered,
    "notifications": lambda: client.api.account.notifications.list(),
    "wrong": lambda: refused(participant.update, coaching=True, call_sid_to_coach=env["CALL"]),
    "unknown": lambda: refused(
        participant.update, coaching=True, call_sid_to_coach=env["CONFERENCE"]
    ),
    "held": lambda: refused(participant.update, coaching=True, call_sid_to_coach=coached),
    "end": lambda: conference.update(status="completed"),
    "ended": lambda: conference.fetch(),
    "late": lambda: refused(participant.update, muted=True),
    "remove": lambda: participant.delete(),
}
for name in sys.argv[2:]:
    result = steps[name]()
    if isinstance(result, dict):
        shown = result
    elif isinstance(result, list):
        shown = [getattr(r, "call_sid", None) or r.sid for r in result]
    elif hasattr(result, "call_sid"):
        shown = {
            "call_sid": result.call_sid,
            "muted": result.muted,
            "hold": result.hold,
            "coaching": result.coaching,
            "call_sid_to_coach": result.call_sid_to_coach,
            "status": result.status,
            "label": result.label,
            "date_updated": str(result.date_updated),
        }
    elif hasattr(result, "reason_conference_ended"):
        shown = {
            "sid": result.sid,
            "status": result.status,
            "reason_conference_ended": result.reason_conference_ended,
            "call_sid_ending_conference": result.call_sid_ending_conference,
        }
    else:
        shown = getattr(result, "sid", result)
    print(json.dumps({"step": name, "result": shown}), flush=True)
