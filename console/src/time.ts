/** Times in the viewer's zone; the lead's own beside it where it has one. */

const clocks = new Map<string, Intl.DateTimeFormat>()

const format = (name: string, options: Intl.DateTimeFormatOptions, zone?: string): Intl.DateTimeFormat => {
  const key = `${name}|${zone ?? ''}`
  const known = clocks.get(key) ?? new Intl.DateTimeFormat('en', { ...options, timeZone: zone })
  clocks.set(key, known)
  return known
}

const FULL: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
  timeZoneName: 'short',
}

export const fullTime = (iso: string, zone?: string): string => format('full', FULL, zone).format(new Date(iso))

export const clockTime = (iso: string, zone?: string): string =>
  format('clock', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }, zone).format(
    new Date(iso),
  )

/** `14:03 EST`, for beside the viewer's own time. */
export const zoneTime = (iso: string, zone: string): string =>
  format('zone', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short' }, zone).format(
    new Date(iso),
  )

const day = (date: Date): string => `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`

/** For a row: the time alone today, the day before it otherwise. */
export const rowTime = (iso: string, now = new Date()): string => {
  const date = new Date(iso)
  if (day(date) === day(now)) return clockTime(iso)
  const sameYear = date.getFullYear() === now.getFullYear()
  const options: Intl.DateTimeFormatOptions = {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(sameYear ? {} : { year: 'numeric' }),
  }
  return format(sameYear ? 'row' : 'row-year', options).format(date)
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' })

export const ago = (iso: string, now = Date.now()): string => {
  const seconds = Math.round((new Date(iso).getTime() - now) / 1000)
  const size = Math.abs(seconds)
  if (size < 60) return relative.format(seconds, 'second')
  if (size < 3_600) return relative.format(Math.round(seconds / 60), 'minute')
  if (size < 86_400) return relative.format(Math.round(seconds / 3_600), 'hour')
  return relative.format(Math.round(seconds / 86_400), 'day')
}

/** The zone a lead's own fields say, where they do. */
export const leadZone = (fields: Readonly<Record<string, unknown>>): string | null => {
  for (const field of Object.values(fields)) {
    const parts = (field as { parts?: unknown } | null)?.parts
    const zone =
      (parts as Record<string, unknown> | null)?.time_zone ??
      (parts as Record<string, unknown> | null)?.timezone ??
      ((parts as Record<string, unknown> | null)?.time_zones as string[] | undefined)?.[0]
    if (typeof zone === 'string' && zone.includes('/')) return zone
  }
  return null
}
