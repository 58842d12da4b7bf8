import { readFileSync } from 'node:fs';
import { startBrowser, openScreen } from '/work/main/test/screens/browser.ts';
const log = readFileSync('/tmp/box-x.log','utf8');
const sim = /Simulated devices (http\S+)/.exec(log)![1]!;
const hub = /hall ready (http\S+)/.exec(log)![1]!;
const t = JSON.parse(readFileSync('/tmp/box-x/tokens.json','utf8'));
const post = async (url: string, body: unknown, token?: string) => { const r = await fetch(url,{method:'POST',headers:{'content-type':'application/json',...(token?{authorization:`Bearer ${token}`}:{})},body:JSON.stringify(body)}); return [r.status, (await r.text()).slice(0,200)]; };
const browser = await startBrowser();
const s = await openScreen(browser, sim, 1440, 900);
await s.page.waitForTimeout(800);
if (process.argv[2] === 'act') {
  for (const [i, service] of ['change','records','transfer','records'].entries()) console.log(await post(`${hub}api/v1/tickets`, {service, idempotencyKey:`k${i}-${Date.now()}`}, t.kiosk));
  console.log(await post(`${sim}api/devices/pads/key`, {address:6,key:'next'}));
  console.log(await post(`${sim}api/devices/id-reader-1/card`, {person:'citizen-common'}));
  console.log(await post(`${sim}api/devices/scanner-1/scan`, {text:'https://x/t/1'}));
  await s.page.waitForTimeout(2500);
}
await s.page.screenshot({path:'/tmp/simwork/p1440.png', fullPage:true});
const m = await openScreen(browser, sim, 390, 844);
await m.page.waitForTimeout(1000);
await m.page.screenshot({path:'/tmp/simwork/p390.png', fullPage:true});
for (const p of [s,m]) console.log(p.trouble, await p.page.evaluate('document.documentElement.scrollWidth'));
for (const c of await s.page.locator('article').all()) { const n=(await c.locator('.port').first().innerText()); const b = await c.boundingBox(); console.log(n, Math.round(b!.width), Math.round(b!.height)); }
const i = Number(process.argv[3] ?? -1);
for (const k of ['wide']) { let j=0; for (const c of await s.page.locator('.card.wide').all()) await c.screenshot({path:`/tmp/simwork/wide${j++}.png`}); }
let j=0; for (const c of await s.page.locator('#right .card').all()) await c.screenshot({path:`/tmp/simwork/right${j++}.png`});
await browser.close();
