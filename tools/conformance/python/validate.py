"""Reads {url, params, signature, key} as JSON lines, and passes each to this environment's
validator: unchanged (must be valid), with an additional value (must be invalid), and as `changed`,
if present (must be invalid)."""

import json
import sys

if sys.argv[1] == "signalwire":
    from signalwire.request_validator import RequestValidator
else:
    from twilio.request_validator import RequestValidator

lines = [json.loads(line) for line in sys.stdin if line.strip()]
wrong = 0
for line in lines:
    validator = RequestValidator(line["key"])
    good = validator.validate(line["url"], line["params"], line["signature"])
    bad = validator.validate(line["url"], {**line["params"], "Tampered": "yes"}, line["signature"])
    other = line.get("changed")
    if other and validator.validate(other["url"], other["params"], other["signature"]):
        bad = True
    if not good or bad:
        wrong += 1
        print("wrong:", line, file=sys.stderr)
print(f"{len(lines) - wrong} valid, {wrong} wrong")
sys.exit(1 if wrong or not lines else 0)
