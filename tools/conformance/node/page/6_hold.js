const { RestClient } = require('@signalwire/compatibility-api')
const client = RestClient('YourProjectID', 'YourAuthToken', { signalwireSpaceUrl: 'example.signalwire.com' })

client.conferences('ConferenceSid')
 .participants('CallSid')
 .update({hold: true, holdUrl: 'http://www.your-application.com/hold'})
 .then(participant => console.log(participant.callSid))
 .done();
