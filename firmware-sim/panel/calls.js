import { notice } from './notice.js';

/** Does one POST; a refusal is shown in the page's notice. Answers undefined when it was refused. */
export async function post(path, body) {
  try {
    const response = await fetch(`/api/${path}`, {
      method: 'POST',
      headers: body ? { 'content-type': 'application/json' } : {},
      body: body && JSON.stringify(body),
    });
    const answer = await response.json().catch(() => ({ detail: response.statusText }));
    if (response.ok) return answer;
    notice(answer.detail ?? answer.title ?? response.statusText);
  } catch {
    notice('模拟台没有应答 · the simulator does not answer');
  }
  return undefined;
}

/** Does one call to a device. */
export const call = (id, action, body) => post(`devices/${encodeURIComponent(id)}/${action}`, body);

export async function read(path) {
  const response = await fetch(`/api/${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}
