/** The Windows service: a definition for WinSW (github.com/winsw/winsw), which runs the agent and restarts it. Pure. */
import { join } from 'node:path/win32';
import { SERVICE_NAME } from './unit.ts';

export type WindowsFacts = { node: string; root: string; config: string; state: string };

/** WinSW reads the definition that is called like itself. */
export const WINDOWS_FILE = `${SERVICE_NAME}.xml`;

/** The definition. Paths as Windows writes them. */
export function windowsService({ node, root, config, state }: WindowsFacts): string {
  const words = [join(root, 'kiosk-agent', 'hall.mjs'), 'run', '-c', config, '--state', state].map(quoted);
  return `<!-- Made by \`hall service\`; it has not been tried on Windows. Beside WinSW 3 (WinSW-x64.exe, renamed to ${SERVICE_NAME}.exe), as administrator:
       ${SERVICE_NAME}.exe install
       ${SERVICE_NAME}.exe start
     HALL_LINK_TOKEN and the like: an <env name="…" value="…"/> in here, or file:PATH in the configuration. -->
<service>
  <id>${SERVICE_NAME}</id>
  <name>Public service hall</name>
  <description>Runs the machines of a public service hall: tickets, calls, ratings, screens.</description>
  <executable>${xml(node)}</executable>
  <arguments>${xml(words.join(' '))}</arguments>
  <workingdirectory>${xml(root)}</workingdirectory>
  <startmode>Automatic</startmode>
  <delayedAutoStart>true</delayedAutoStart>
  <!-- The agent ends by Ctrl-C, which WinSW sends first. -->
  <stoptimeout>30 sec</stoptimeout>
  <onfailure action="restart" delay="2 sec"/>
  <onfailure action="restart" delay="10 sec"/>
  <onfailure action="restart" delay="60 sec"/>
  <resetfailure>1 hour</resetfailure>
  <logpath>${xml(join(state, 'log'))}</logpath>
  <log mode="roll-by-size">
    <sizeThreshold>10240</sizeThreshold>
    <keepFiles>8</keepFiles>
  </log>
</service>
`;
}

function quoted(word: string): string {
  return /[\s"]/.test(word) ? `"${word.replaceAll('"', '\\"')}"` : word;
}

function xml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
