/** English texts of the pages on a visitor’s phone. */
export const reason = {
  title: 'About your rating',
  ask: 'Would you tell us why?',
  words: 'In your own words (optional)',
  send: 'Send',
  thanks: 'Thank you for telling us',
  thanksAdvice: 'It will be looked into. Staff at the window do not see your rating.',
  gone: 'This code is no longer good',
  goneAdvice:
    'Each rating can be explained once, within a time. You can still file an opinion at the terminal or the desk.',
};

export const myTicket = {
  title: 'My ticket',
  state: {
    waiting: 'In line',
    called: 'Please go to the window now',
    serving: 'Being served',
    finished: 'Finished',
    missed: 'Missed',
    parked: 'Set aside; staff will tell you',
    cancelled: 'Cancelled',
    other: 'Being taken',
  },
  leave: 'Leave the line',
  leaveSure: 'Your number will be void; to be served you need a new one. Leave?',
  leaveYes: 'Leave the line',
  leaveNo: 'Keep waiting',
  rate: 'The service at window {n} has not been rated. Would you like to?',
  rated: 'Thank you for your rating.',
  gone: 'There is no such ticket',
  goneAdvice: 'A ticket is good for its day. Check the code, or take a new ticket at the kiosk',
  away: 'The hall cannot be reached; trying again. Please go by the board',
  updated: 'as of {time}',
};
