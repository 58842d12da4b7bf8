/** English texts of what all machines for visitors share. */
export default {
  hours: 'Today {hours}',
  elder: 'Larger text',
  normal: 'Normal text',
  help: 'Help',
  returnIn: 'Back to the start in {n} s',
  more: 'More time',
  lay: 'Please lay your identity card on the reader',
  layAdvice: 'Lay it flat and keep it still. The next step comes by itself',
  unreadable: 'The card could not be read. Lay it flat and try again, or type its number',
  type: 'Type the number',
  delete: 'Delete',
  typedCount: '{n} characters typed',
  idNumber: {
    label: 'Card number',
    hint: 'Please type the 18 characters; the last one may be X. The whole number is not shown',
    short: 'The number has fewer than 18 characters; please go on',
    check: 'The number is not right; please compare it with the card',
    away: 'The number cannot be checked now. Please try again soon, or ask at the desk',
  },
};
