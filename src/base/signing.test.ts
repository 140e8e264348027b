import { createVerify, generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { hmac, signJwt } from './signing.ts'

it('makes the HMACs of RFC 4231, test case 2', () => {
  const asked = { key: 'Jefe', text: 'what do ya want for nothing?', encoding: 'hex' } as const
  expect(hmac({ ...asked, algorithm: 'sha256' })).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  )
  expect(hmac({ ...asked, algorithm: 'sha512' })).toMatch(
    /^164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea25/,
  )
})

it('makes a token that its public key verifies', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const token = signJwt({ iss: 'a', exp: 5 }, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
  const [head = '', claims = '', signature = ''] = token.split('.')
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({ iss: 'a', exp: 5 })
  const verified = createVerify('RSA-SHA256').update(`${head}.${claims}`)
  expect(verified.verify(publicKey, signature, 'base64url')).toBe(true)
})

it('does not quote a key that cannot sign', () => {
  expect(() => signJwt({}, 'PRIVATE-THING')).toThrow(expect.objectContaining({ code: 'setting_invalid' }))
  expect(() => signJwt({}, 'PRIVATE-THING')).not.toThrow(/PRIVATE-THING/)
})
