const { RestClient } = require('@signalwire/compatibility-api')
const client = RestClient('YourProjectID', 'YourAuthToken', { signalwireSpaceUrl: 'example.signalwire.com' })

client.conferences('ConferenceSid')
.participants('CallSid')
.update({muted: false, coaching: false, callSidToCoach: ''})
.then(participant => console.log(participant.callSid))
.done();
