import { type Static, Type } from 'typebox'
import { Fault } from '../base/faults.ts'
import { type Hours, isHoliday, readDays, readSpan, type Span, type Standing, watchHours } from '../base/hours.ts'
import { Closed, TemplateText, Text } from './config-parts.ts'
import type { Compiler, ConfigReferences, Template } from './step.ts'

/** Open hours, for the step and for destinations alike. */

const Spans = Type.Union([Text('Such as `09:00-17:00`.'), Type.Array(Text('Such as `09:00-17:00`.'))], {
  description: 'One or several spans of the day, as `09:00-17:00`; `22:00-02:00` goes on into the next day.',
})

export const scheduleShape = {
  open: Type.Record(Type.String(), Spans, {
    minProperties: 1,
    description: 'Spans by weekday: `mon`, `mon-fri`, `sat,sun` or `daily`. A day that stands nowhere is closed.',
  }),
  holidays: Type.Optional(
    Type.Array(Text('A date.'), {
      description: 'Dates that are closed whatever their weekday: `2026-12-25`, or `12-25` for every year.',
    }),
  ),
  special: Type.Optional(
    Type.Record(Type.String(), Spans, { description: 'Dates with hours of their own, as `12-24: 09:00-12:00`.' }),
  ),
  zone: Type.Optional(Text("Time zone of the hours; the flow's where this is left out.")),
  outside: Type.Optional(
    Type.Enum(['reject', 'skip', 'wait'], {
      description: 'What becomes of a lead outside of them: turned away, passed by, or held until the next opening.',
    }),
  ),
  reason: Type.Optional(TemplateText('The reason given outside of them.')),
}

export const Schedule = Closed(scheduleShape, { description: 'When leads are taken.' })

export const scheduleReferences = (at: string): ConfigReferences => ({
  zones: [`${at}zone`],
  templates: [`${at}reason`],
})

type ScheduleConfig = Static<typeof Schedule>

const spansOf = (texts: string | readonly string[]): Span[] =>
  (typeof texts === 'string' ? [texts] : texts).map((text) => {
    const span = readSpan(text)
    if (!span) throw new Fault('flow_invalid', { message: `"${text}" is no span of a day: write it as 09:00-17:00` })
    return span
  })

const hoursOf = (config: ScheduleConfig, zone: string): Hours => {
  const week: Span[][] = Array.from({ length: 7 }, () => [])
  for (const [days, spans] of Object.entries(config.open)) {
    const which = readDays(days)
    if (!which)
      throw new Fault('flow_invalid', { message: `"${days}" is no weekday: write mon, mon-fri, sat,sun or daily` })
    for (const day of which) week[day]?.push(...spansOf(spans))
  }
  const holidays = new Map<string, readonly Span[]>()
  const dates = [...(config.holidays ?? []).map((date) => [date, []] as const), ...Object.entries(config.special ?? {})]
  for (const [date, spans] of dates) {
    if (!isHoliday(date))
      throw new Fault('flow_invalid', { message: `"${date}" is no date: write 2026-12-25 or 12-25` })
    holidays.set(date, spansOf(spans))
  }
  return { zone, week, holidays }
}

export interface CompiledSchedule {
  readonly outside: 'reject' | 'skip' | 'wait' | null
  readonly template: Template | null
  readonly standing: (now: number) => Standing
}

export const compileSchedule = (config: ScheduleConfig, compiler: Compiler): CompiledSchedule => ({
  outside: config.outside ?? null,
  template: config.reason === undefined ? null : compiler.template(config.reason),
  standing: watchHours(hoursOf(config, config.zone ?? compiler.zone)),
})
