// Reads {url, params, signature, key} as JSON lines and asks both vendors' validators about each:
// as it is (must be true), and with one value changed (must be false).
const compat = require('@signalwire/compatibility-api').RestClient;
const twilio = require('twilio');
const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean).map(JSON.parse);
let wrong = 0;
for (const { url, params, signature, key } of lines) {
  const changed = { ...params, Tampered: 'yes' };
  const verdicts = [
    compat.validateRequest(key, signature, url, params),
    !compat.validateRequest(key, signature, url, changed),
    twilio.validateRequest(key, signature, url, params),
    !twilio.validateRequest(key, signature, url, changed),
  ];
  if (verdicts.includes(false)) {
    wrong++;
    console.error('rejected:', url, JSON.stringify(params), verdicts.join(' '));
  }
}
console.log(`${lines.length - wrong} valid, ${wrong} wrong`);
process.exit(wrong || !lines.length ? 1 : 0);
