const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** `/`: what runs here, and where to go. */
export const startPage = (version: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Millrace</title>
<style>
  :root { color-scheme: light dark }
  body { font: 1rem/1.6 system-ui, sans-serif; max-width: 38rem; margin: 12vh auto; padding: 0 1.25rem }
  h1 { margin-bottom: 0 }
  small { opacity: .7 }
  code { font-size: .95em }
</style>
<h1>Millrace</h1>
<p><small>Version ${escaped(version)}</small></p>
<p>Takes leads in, decides about each, delivers it, and keeps a journal of what it did and why.</p>
<ul>
  <li><a href="/docs/">API reference</a> (<a href="/openapi.json">OpenAPI</a>)</li>
  <li>Leads go in at <code>POST /flows/{flow}/sources/{source}/submit</code></li>
  <li><a href="/healthz">Health</a>, <a href="/readyz">readiness</a>, <a href="/metrics">metrics</a></li>
</ul>
<p>The console is not part of this version: leads are read through the API.</p>
</html>
`
