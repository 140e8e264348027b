import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { priceText } from '../source/price-text.ts'
import { named, t, tn } from '../text.ts'

type Plain = Readonly<Record<string, unknown>>

const objectOf = (value: unknown): Plain =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Plain) : {}

/** Open hours in words: `mon–fri 09:00–17:00`, a line each. */
const Hours = ({ schedule }: { readonly schedule: unknown }) => {
  const { open, zone, outside, holidays } = objectOf(schedule)
  return (
    <>
      {Object.entries(objectOf(open)).map(([days, spans]) => (
        <div key={days} className="num">
          {days} {[spans].flat().join(', ')}
        </div>
      ))}
      <span className="cell-sub">
        {[
          typeof zone === 'string' ? zone : null,
          Array.isArray(holidays) ? tn('buyer.holidays', holidays.length) : null,
          typeof outside === 'string' ? t('buyer.outside', { what: named('outside', outside) }) : null,
        ]
          .filter(Boolean)
          .join(' · ')}
      </span>
    </>
  )
}

/** On what terms a destination takes leads, a line each; nothing where there are none. */
export const termsOf = (terms: unknown): readonly { readonly name: string; readonly value: ReactNode }[] => {
  const { buyer, price, floor, margin, schedule } = objectOf(terms)
  return [
    ...(typeof buyer === 'string'
      ? [
          {
            name: t('buyer.buyer'),
            value: (
              <Link to="/buyers/$buyer" params={{ buyer }}>
                {buyer}
              </Link>
            ),
          },
        ]
      : []),
    ...(price === undefined ? [] : [{ name: t('column.price'), value: priceText(price) }]),
    ...(floor === undefined ? [] : [{ name: t('buyer.floor'), value: String(floor) }]),
    ...(margin === undefined ? [] : [{ name: t('buyer.margin'), value: String(margin) }]),
    ...(schedule === undefined ? [] : [{ name: t('buyer.hours'), value: <Hours schedule={schedule} /> }]),
  ]
}

export const TermList = ({ terms, steps = [] }: { readonly terms: unknown; readonly steps?: readonly string[] }) => {
  const lines = termsOf(terms)
  return (
    <section className="card" aria-label={t('buyer.terms')}>
      <div className="card-head">
        <h2>{t('buyer.terms')}</h2>
      </div>
      <div className="card-body">
        <dl className="pairs">
          {lines.map(({ name, value }) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
          <dt>{t('destination.steps')}</dt>
          <dd>{steps.length === 0 ? t('destination.no_steps') : steps.join(', ')}</dd>
        </dl>
        {lines.length === 0 && <p className="faint">{t('buyer.no_terms')}</p>}
      </div>
    </section>
  )
}
