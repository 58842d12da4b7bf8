/** Holds a serial port until it is ended: a terminal program that somebody has left open. */
import { SerialPort } from 'serialport';

const port = new SerialPort({ path: process.argv[2]!, baudRate: 9600 });
// Without a reader nothing would keep this program alive.
port.resume();
port.on('open', () => console.log('held'));
