import { escaped } from './plain-page.ts'

const STATES = {
  building: [
    '<meta http-equiv="refresh" content="2">',
    'The console is being built, which takes some seconds after an install or a change. This page looks again by itself; leads are taken in meanwhile.',
  ],
  failed: ['', 'The console could not be built; the log says why. Everything else works.'],
  off: ['', 'The console is switched off here (<code>ENABLE_CONSOLE</code>): leads are read through the API.'],
  ready: ['', ''],
} as const

/** `/` while there is no console: what runs here, and where to go. */
export const startPage = (version: string, state: keyof typeof STATES): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${STATES[state][0]}
<title>Millrace</title>
<style>
  :root { color-scheme: light dark }
  body { font: 1rem/1.6 system-ui, sans-serif; max-width: 38rem; margin: 12vh auto; padding: 0 1.25rem }
  h1 { margin-bottom: 0 }
  small { opacity: .75 }
  code { font-size: .95em }
</style>
<main>
<h1>Millrace</h1>
<p><small>Version ${escaped(version)}</small></p>
<p>Takes leads in, decides about each, delivers it, and keeps a journal of what it did and why.</p>
<p role="status">${STATES[state][1]}</p>
<ul>
  <li><a href="/docs/">API reference</a> (<a href="/openapi.json">OpenAPI</a>)</li>
  <li>Leads go in at <code>POST /flows/{flow}/sources/{source}/submit</code></li>
  <li><a href="/healthz">Health</a>, <a href="/readyz">readiness</a>, <a href="/metrics">metrics</a></li>
</ul>
</main>
</html>
`
