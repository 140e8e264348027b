import { describe, expect, it } from 'vitest'
import { fieldTypes } from '../../src/fields/index.ts'
import { leadTemplate, SERIALS_MAX } from './leads.ts'

const target = { host: '127.0.0.1:1', path: '/submit', key: 'k' }

const bodyOf = (bytes: Buffer): { email: string; phone: string } => {
  const [head = '', body = ''] = bytes.toString().split('\r\n\r\n')
  expect(/Content-Length: (\d+)/.exec(head)?.[1]).toBe(String(Buffer.byteLength(body)))
  return JSON.parse(body) as { email: string; phone: string }
}

describe('leadTemplate', () => {
  it('makes whole requests of one length, each with an email and a phone of its own', () => {
    const template = leadTemplate(3, target)
    const serials = [...Array(500).keys(), SERIALS_MAX - 1]
    const bodies = serials.map((serial) => bodyOf(template.fill(serial)))
    expect(new Set(bodies.map(({ email }) => email)).size).toBe(serials.length)
    expect(new Set(bodies.map(({ phone }) => phone)).size).toBe(serials.length)
  })
  it('fills in phones and emails that the field types take for valid, whatever the template', () => {
    const wrong: string[] = []
    for (let at = 0; at < 40; at += 1) {
      const template = leadTemplate(at, target)
      for (let serial = 0; serial < 50; serial += 1) {
        const body = bodyOf(template.fill(serial * 159_871 + at))
        for (const type of ['email', 'phone'] as const) {
          const value = fieldTypes[type]?.parse(body[type], { country: 'US', now: 0, fields: {} })
          if (value?.valid !== true) wrong.push(body[type])
        }
      }
    }
    expect(wrong).toEqual([])
  })
})
