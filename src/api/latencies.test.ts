import { expect, it } from 'vitest'
import { createLatencies } from './latencies.ts'

it('counts each answer in its bucket and all larger ones', () => {
  const latencies = createLatencies()
  const seen = { route: '/a/:b', method: 'GET', status: 200 }
  for (const ms of [0.5, 1, 1.5, 30_000]) latencies.add({ ...seen, ms })
  latencies.add({ ...seen, status: 404, ms: 3 })
  const lines = latencies.text().split('\n')
  const labels = 'route="/a/:b",method="GET",status="200"'
  expect(lines.slice(0, 2)).toEqual([
    '# HELP millrace_http_request_seconds Time from the head of a request to its answer.',
    '# TYPE millrace_http_request_seconds histogram',
  ])
  expect(lines).toContain(`millrace_http_request_seconds_bucket{le="0.001",${labels}} 2`)
  expect(lines).toContain(`millrace_http_request_seconds_bucket{le="0.0025",${labels}} 3`)
  expect(lines).toContain(`millrace_http_request_seconds_bucket{le="10",${labels}} 3`)
  expect(lines).toContain(`millrace_http_request_seconds_bucket{le="+Inf",${labels}} 4`)
  expect(lines).toContain(`millrace_http_request_seconds_count{${labels}} 4`)
  expect(lines).toContain(`millrace_http_request_seconds_sum{${labels}} 30.003`)
  expect(lines).toContain('millrace_http_request_seconds_count{route="/a/:b",method="GET",status="404"} 1')
  expect(lines.at(-1)).toBe('')
})
