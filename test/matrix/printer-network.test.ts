import { startPrinter } from '../../firmware-sim/index.ts';
import { runColumn } from './column.ts';
import { atOnce, printerTests } from './printer-cells.ts';
import { column } from './printer-network.ts';
import { sideBySide } from './side-by-side.ts';

runColumn(
  column,
  () => startPrinter({ port: 'tcp:0' }),
  sideBySide(
    printerTests('tcp', {
      power: 'lost|missing|refused',
      powerCode: 'unplugged|printer-missing|printer-offline',
      cable: 'lost|missing|refused',
    }),
    atOnce,
  ),
);
