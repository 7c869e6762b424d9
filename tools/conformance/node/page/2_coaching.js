const { RestClient } = require('@signalwire/compatibility-api')
const client = RestClient('YourProjectID', 'YourAuthToken', { signalwireSpaceUrl: 'example.signalwire.com' })

client.conferences('ConferenceSid')
.participants('CallSid')
.update({Muted: false, Coaching: true, Beep: false, CallSidToCoach: 'CallSidToCoach'})
.then(participant => console.log(participant.callSid))
.done();
