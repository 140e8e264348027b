/** So many leads a second, paced by the clock and not by the answers: what comes in does not wait for who looks on. */

const TICK_MS = 25
const IN_FLIGHT_MAX = 400

export interface Stream {
  /** Ends it; gives how many were taken and how many refused. */
  stop(): Promise<{ readonly taken: number; readonly refused: number; readonly seconds: number }>
}

const bodyOf = (serial: number): string => {
  // Some repeat, some have no email, some live where nobody is served: the figures have reasons to tell of.
  const repeats = serial % 23 === 0 && serial > 100 ? serial - 97 : serial
  const digits = String(2_000_000 + (repeats % 7_000_000)).padStart(7, '0')
  return JSON.stringify({
    first_name: ['Ada', 'Grace', 'Linus', 'Maria', 'Chen'][serial % 5],
    last_name: `Bench${repeats}`,
    ...(serial % 41 === 0 ? {} : { email: `lead.${repeats}@example.com` }),
    phone: serial % 37 === 0 ? '12' : `(512) ${digits.slice(0, 3)}-${digits.slice(3)}`,
    state: serial % 29 === 0 ? 'AK' : 'TX',
    postal_code: '78701',
    service: ['roofing', 'plumbing', 'solar'][serial % 3],
    urgency: 'today',
  })
}

export const startStream = (options: {
  readonly url: URL
  readonly key: string
  readonly perSecond: number
  readonly firstSerial: number
}): Stream => {
  const { url, key, perSecond, firstSerial } = options
  const begun = performance.now()
  let serial = firstSerial
  let sent = 0
  let taken = 0
  let refused = 0
  const flying = new Set<Promise<void>>()
  const send = async (): Promise<void> => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: bodyOf(serial++),
    })
    await answer.arrayBuffer()
    // Turned away by the flow is taken too: it is a lead with an outcome.
    if (answer.status < 500 && answer.status !== 429) taken += 1
    else refused += 1
  }
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1000) * perSecond)
    while (sent < due && flying.size < IN_FLIGHT_MAX) {
      sent += 1
      const one: Promise<void> = send()
        .catch(() => {
          refused += 1
        })
        .finally(() => flying.delete(one))
      flying.add(one)
    }
  }, TICK_MS)
  return {
    stop: async () => {
      clearInterval(timer)
      const seconds = (performance.now() - begun) / 1000
      await Promise.all(flying)
      return { taken, refused, seconds }
    },
  }
}
