// Before anything is drawn, so that a dark screen does not flash white.
;(() => {
  let kept = null
  try {
    kept = localStorage.getItem('millrace.scheme')
  } catch {
    // Storage may be switched off; the system's choice then stands.
  }
  const dark = kept === 'dark' || (kept !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
})()
