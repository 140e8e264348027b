import type { FastifyRequest } from 'fastify'
import type { Link } from '../access/users.ts'
import { iso } from './times.ts'

/**
 * Links of invitations and resets. The token stands behind `#`: a browser sends that part to nobody, so it is in no
 * log of ours or of a proxy.
 */

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
}

export interface LinkSender {
  /** Whether mails can be sent: with SMTP set, and an address of ours that links can name. */
  readonly canMail: boolean
  /** What the one who asked is told. `request` null: nobody is told, and the link goes by mail alone. */
  send(asked: {
    to: string
    purpose: 'invitation' | 'reset'
    link: Link
    request: FastifyRequest | null
  }): Promise<{ url: string; expires_at: string; mailed: boolean }>
}

const PATHS = { invitation: '/join', reset: '/reset' } as const
const MAILS = {
  invitation: {
    subject: 'Your invitation to Millrace',
    text: 'You were invited to Millrace. Set your password here; the link is good once, until',
  },
  reset: {
    subject: 'Set a new password for Millrace',
    text: 'Somebody, probably you, asked for a new password for Millrace. Set it here; the link is good once, until',
  },
} as const

export const createLinkSender = (options: {
  readonly publicUrl: string | null
  readonly mail: ((mail: Mail) => Promise<void>) | null
  /** A mail could not be sent. */
  readonly onFailure: (error: unknown) => void
}): LinkSender => {
  const { publicUrl, mail, onFailure } = options
  const canMail = mail !== null && publicUrl !== null

  const mailed = async (to: string, purpose: 'invitation' | 'reset', url: string, until: string): Promise<boolean> => {
    if (!canMail) return false
    const { subject, text } = MAILS[purpose]
    try {
      await mail({ to, subject, text: `${text} ${until}:\n\n${url}\n` })
      return true
    } catch (error) {
      onFailure(error)
      return false
    }
  }

  return {
    canMail,
    send: async ({ to, purpose, link, request }) => {
      // A request's host is whatever its sender says: it never gets into a mail.
      const origin = publicUrl ?? (request === null ? '' : `${request.protocol}://${request.host}`)
      const url = `${origin}${PATHS[purpose]}#${link.token}`
      const until = iso(link.expiresAt)
      return { url, expires_at: until, mailed: await mailed(to, purpose, url, until) }
    },
  }
}
