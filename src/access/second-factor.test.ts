import { describe, expect, it } from 'vitest'
import { describeTotp, isRecoveryCode, newRecoveryCodes, recoveryHash, stepOfCode } from './second-factor.ts'

/** RFC 6238, appendix B: the key and times of its table for SHA-1; of its eight digits an app shows the last six. */
const secret = Buffer.from('12345678901234567890')
const TABLE = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
] as const

describe('codes of the second factor', () => {
  it.each(TABLE)('at %i s is %s, as RFC 6238 says', (seconds, code) => {
    const now = seconds * 1000
    const step = Math.floor(seconds / 30)
    expect(stepOfCode({ secret, code, spent: 0, now })).toBe(step)
    expect(stepOfCode({ secret, code: `${code.slice(0, 3)} ${code.slice(3)}`, spent: 0, now })).toBe(step)
    expect(stepOfCode({ secret, code, spent: 0, now: now + 30_000 })).toBe(step)
    expect(stepOfCode({ secret, code, spent: 0, now: now + 90_000 })).toBeNull()
    expect(stepOfCode({ secret, code, spent: step, now })).toBeNull()
  })

  it('are none where they have another length or letters', () => {
    for (const code of ['', '28708', '2870822', 'abcdef', '-28708']) {
      expect(stepOfCode({ secret, code, spent: 0, now: 59_000 })).toBeNull()
    }
  })

  it('come from a secret that every app reads', () => {
    const { secret: text, uri } = describeTotp(secret, 'ann@example.com')
    expect(text).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
    expect(uri).toMatch(/^otpauth:\/\/totp\/Millrace:ann%40example\.com\?issuer=Millrace&secret=GEZDGNBV/)
  })

  it('can be replaced by recovery codes, however they are typed', () => {
    const codes = newRecoveryCodes()
    expect(new Set(codes).size).toBe(10)
    for (const code of codes) {
      expect(isRecoveryCode(code)).toBe(true)
      expect(recoveryHash(` ${code.toUpperCase().replaceAll('-', ' ')} `)).toEqual(recoveryHash(code))
    }
    expect(isRecoveryCode('123456')).toBe(false)
  })
})
