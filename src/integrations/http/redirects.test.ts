import { expect, it } from 'vitest'
import { authorize } from './authorize.ts'
import { redirected } from './redirects.ts'
import type { HttpSettings } from './settings.ts'

const call = { method: 'PUT', url: 'http://buyer.example/in', headers: {}, body: 'a' }
const to = (location: string, url = call.url) =>
  redirected({
    call: { ...call, url },
    answer: { status: 307, headers: { location }, body: '' },
    settings: { url } as HttpSettings,
  })

it.each([
  'file://buyer.example/019aaaaa-0000-7000-8000-000000000001/out/leads.csv',
  'sftp://buyer.example/in/leads.csv',
  'smtp://buyer.example',
  'ftp://buyer.example/x',
])('who answers cannot turn a call over HTTP into another: %s', (location) => {
  expect(to(location)).toMatchObject({ result: { outcome: 'error', code: 'setting_invalid' } })
})

it('a redirect on the same host is followed, from https to https alone', () => {
  expect(to('/there')).toEqual({ call: { ...call, url: 'http://buyer.example/there' } })
  expect(to('https://buyer.example/there')).toHaveProperty('call')
  expect(to('http://buyer.example/there', 'https://buyer.example/in')).toHaveProperty('result')
})

it.each([
  ['http://buyer.example/in', 'http://buyer.example/there', true],
  ['http://buyer.example/in', 'https://buyer.example/in', true],
  ['https://buyer.example/in', 'https://buyer.example/there', true],
  ['https://buyer.example/in', 'http://buyer.example/in', false],
  ['https://buyer.example/in', 'https://buyer.example:8443/in', false],
  ['https://buyer.example/in', 'https://other.example/in', false],
])('credentials of %s on the way to %s: %s', (url, target, carried) => {
  const settings = { url, auth: { bearer: { secret: 'key' } } } as HttpSettings
  const sent = authorize({ ...call, url: target }, settings, { secret: () => 'k', token: null, now: 0 })
  expect('authorization' in sent.headers).toBe(carried)
})
