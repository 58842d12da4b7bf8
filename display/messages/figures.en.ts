import type zh from './figures.zh-CN.ts';

const figures: typeof zh = {
  xlsx: 'Excel file',
  csv: 'CSV file',
  print: 'Print',
  exports: 'Export: {title}',
  saved: 'Saved: {file}',
  failed: 'Nothing was saved. Try again, then use another computer or tell a technician',
  empty: 'No data',
  asTable: 'As a table',
  asChart: 'As a chart',
  chartOf: 'Chart: {title}, {n} entries; it can be shown as a table',
  sortBy: 'Sort by “{column}”',
  about: {
    sheet: 'About',
    hall: 'Hall',
    range: 'Days',
    filter: 'Filter',
    madeAt: 'Saved at',
    printedAt: 'Printed at',
  },
};
export default figures;
