import type { Transporter } from 'nodemailer'

/**
 * Mail of the house itself, to its users, by the operator's own SMTP server. Its address comes from the operator, so
 * the guard against calls inwards does not stand before it.
 */
export interface Mailer {
  send(mail: { readonly to: string; readonly subject: string; readonly text: string }): Promise<void>
  close(): void
}

const TIMEOUT_MS = 15_000

export const createMailer = ({ url, from }: { readonly url: string; readonly from: string }): Mailer => {
  // Loaded with the first mail: most processes send none.
  let transport: Transporter | undefined
  return {
    send: async (mail) => {
      transport ??= (await import('nodemailer')).createTransport(url, { from })
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('the mail server does not answer')), TIMEOUT_MS)
      })
      try {
        await Promise.race([transport.sendMail({ ...mail, disableFileAccess: true, disableUrlAccess: true }), late])
      } finally {
        clearTimeout(timer)
      }
    },
    close: () => transport?.close(),
  }
}
