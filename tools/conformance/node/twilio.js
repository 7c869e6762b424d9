// The page's six updates and the other requests by npm `twilio`, with only its base URL replaced.
// Prints one JSON line per request; an unexpected result ends the script with a stack trace.
const twilio = require('twilio');
const { BASE, ACCOUNT, TOKEN, CONFERENCE, CALL, COACHED, HOLD_URL, FILTER } = process.env;
// The library requires an account with the prefix AC: the alias of a bare UUID.
const account = ACCOUNT.startsWith('AC') ? ACCOUNT : 'AC' + ACCOUNT;
const client = twilio(account, TOKEN);
client.api.baseUrl = BASE;
const participant = client.conferences(CONFERENCE).participants(CALL);
const refused = request => request.catch(error => ({
  status: error.status, code: error.code, message: error.message, moreInfo: error.moreInfo,
}));
// Converts times from text to dates.
const filter = Object.fromEntries(Object.entries(JSON.parse(FILTER || '{}')).map(
  ([name, value]) => [name, /^(start|end)Time/.test(name) ? new Date(value) : value],
));
const steps = {
  update: () => participant.update(),
  coaching: () => participant.update({ muted: false, coaching: true, callSidToCoach: COACHED }),
  monitoring: () => participant.update({ muted: true, coaching: true, callSidToCoach: COACHED }),
  barge: () => participant.update({ muted: false, coaching: false, callSidToCoach: '' }),
  mute: () => participant.update({ muted: true }),
  hold: () => participant.update({ hold: true, holdUrl: HOLD_URL }),
  unhold: () => participant.update({ hold: false, muted: false }),
  fetch: () => participant.fetch(),
  list: () => client.conferences(CONFERENCE).participants.list({ pageSize: 1 }),
  conferences: () => client.conferences.list({ status: 'in-progress' }),
  conference: () => client.conferences(CONFERENCE).fetch(),
  call: () => client.calls(CALL).fetch(),
  account: () => client.api.accounts(account).fetch(),
  calls: () => client.calls.list({ pageSize: 1 }),
  filtered: () => client.calls.list(filter),
  notifications: () => client.api.accounts(account).notifications.list(),
  wrong: () => refused(participant.update({ coaching: true, callSidToCoach: CALL })),
  unknown: () => refused(participant.update({ coaching: true, callSidToCoach: CONFERENCE })),
  held: () => refused(participant.update({ coaching: true, callSidToCoach: COACHED })),
  end: () => client.conferences(CONFERENCE).update({ status: 'completed' }),
  ended: () => client.conferences(CONFERENCE).fetch(),
  late: () => refused(participant.update({ muted: true })),
  told: async () => {
    const since = { messageDateAfter: new Date(Date.now() - 86400000) };
    const all = await client.notifications.list({ pageSize: 1, ...since });
    const fetched = await client.notifications(all[0].sid).fetch();
    return {
      all: all.map(one => one.errorCode),
      errors: (await client.notifications.list({ log: 0 })).map(one => one.errorCode),
      warnings: (await client.notifications.list({ log: 1 })).map(one => one.errorCode),
      earlier: (await client.notifications.list({ messageDateBefore: new Date(0) })).length,
      of_call: (await client.calls(CALL).notifications.list()).map(one => one.errorCode),
      again: (await client.calls(CALL).notifications(all[0].sid).fetch()).sid === all[0].sid,
      date: fetched.messageDate.getTime() > Date.now() - 60000,
      url: fetched.requestUrl, variables: fetched.requestVariables, body: fetched.responseBody,
    };
  },
  remove: () => participant.remove(),
  keys: async () => {
    const made = await client.newKeys.create({ friendlyName: 'desk' });
    const key = client.keys(made.sid);
    const fetched = await key.fetch();
    const renamed = await key.update({ friendlyName: 'renamed' });
    const signedIn = twilio(made.sid, made.secret, { accountSid: account });
    signedIn.api.baseUrl = BASE;
    const listed = (await signedIn.keys.list({ pageSize: 1 })).map(one => one.sid);
    await signedIn.calls.list();
    const removed = await key.remove();
    return {
      sid: made.sid, secret: made.secret, name: fetched.friendlyName,
      shownAgain: 'secret' in fetched, renamed: renamed.friendlyName, listed, removed,
      created: made.dateCreated.getTime() > Date.now() - 60000,
      after: await refused(signedIn.calls.list()), gone: await refused(key.fetch()),
    };
  },
};
(async () => {
  for (const name of process.argv.slice(2)) {
    const result = await steps[name]();
    const shown = Array.isArray(result) ? result.map(r => r.callSid || r.sid) : result;
    console.log(JSON.stringify({ step: name, result: shown }));
  }
})().catch(error => { console.error(error); process.exit(1); });
