/** Does one call to a device; a refusal is shown in the page's status line. */
export async function call(id, action, body) {
  const response = await fetch(`/api/devices/${encodeURIComponent(id)}/${action}`, {
    method: 'POST',
    headers: body ? { 'content-type': 'application/json' } : {},
    body: body && JSON.stringify(body),
  });
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({ detail: response.statusText }));
  window.alert(`${problem.title ?? ''}\n${problem.detail ?? ''}`);
  return undefined;
}

export async function read(path) {
  const response = await fetch(`/api/${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}
