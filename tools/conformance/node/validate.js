// Reads {url, params, signature, key} as JSON lines, and passes each to both vendors' validators:
// unchanged (must be valid), with an additional value (must be invalid), and as `changed`, if
// present (must be invalid).
const compat = require('@signalwire/compatibility-api').RestClient;
const twilio = require('twilio');
const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean).map(JSON.parse);
let wrong = 0;
for (const { url, params, signature, key, changed } of lines) {
  const more = { ...params, Tampered: 'yes' };
  const other = changed || { url, params: more, signature };
  const verdicts = [
    compat.validateRequest(key, signature, url, params),
    !compat.validateRequest(key, signature, url, more),
    !compat.validateRequest(key, other.signature, other.url, other.params),
    twilio.validateRequest(key, signature, url, params),
    !twilio.validateRequest(key, signature, url, more),
    !twilio.validateRequest(key, other.signature, other.url, other.params),
  ];
  if (verdicts.includes(false)) {
    wrong++;
    console.error('wrong:', url, JSON.stringify(params), JSON.stringify(changed), verdicts.join(' '));
  }
}
console.log(`${lines.length - wrong} valid, ${wrong} wrong`);
process.exit(wrong || !lines.length ? 1 : 0);
