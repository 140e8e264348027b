import type { ConsentState } from '../api/types.ts'
import { type Column, Table } from '../components/table.tsx'
import { Tag } from '../components/tag.tsx'
import { named, t } from '../text.ts'
import { ago, fullTime } from '../time.ts'
import '../styles/person.css'

interface ConsentRecord {
  readonly id: string
  readonly at: string
  readonly channel: string
  readonly act: 'given' | 'revoked'
  readonly purpose: string | null
  readonly basis: string | null
  readonly source: string | null
  readonly via: string
  readonly evidence: Readonly<Record<string, unknown>> | null
}

const TONE = { given: 'good', revoked: 'bad', none: 'quiet' } as const

/** How each channel stands. */
export const Channels = ({ state }: { readonly state: ConsentState }) => (
  <div className="channels">
    {state.channels.map(({ channel, state: stands, since }) => (
      <div key={channel}>
        <strong>{named('channel', channel)}</strong>
        <Tag tone={TONE[stands]}>{named('consent', stands)}</Tag>
        {since !== null && (
          <span className="faint" title={fullTime(since)}>
            {ago(since)}
          </span>
        )}
      </div>
    ))}
  </div>
)

const columns: readonly Column<ConsentRecord>[] = [
  {
    key: 'at',
    head: t('audit.when'),
    cell: ({ at }) => <span title={fullTime(at)}>{fullTime(at)}</span>,
  },
  {
    key: 'act',
    head: t('consent.act'),
    cell: ({ act, channel }) => (
      <span className="row">
        <Tag tone={TONE[act]}>{named('consent', act)}</Tag>
        {named('channel', channel)}
      </span>
    ),
  },
  {
    key: 'basis',
    head: t('consent.basis'),
    cell: ({ basis, purpose }) => (
      <>
        {named('basis', basis)}
        {purpose !== null && <span className="cell-sub">{purpose}</span>}
      </>
    ),
  },
  { key: 'via', head: t('consent.via'), cell: ({ via, source }) => named('via', source ?? via) },
  {
    key: 'evidence',
    head: t('consent.evidence'),
    cell: ({ evidence }) =>
      evidence === null ? (
        <span className="faint">{t('consent.evidence_gone')}</span>
      ) : (
        <details>
          <summary>{t('consent.show')}</summary>
          <dl className="pairs">
            {Object.entries(evidence)
              .filter(([, value]) => value !== null && value !== '')
              .map(([name, value]) => (
                <div key={name} style={{ display: 'contents' }}>
                  <dt>{named('evidence', name)}</dt>
                  <dd>{typeof value === 'object' ? JSON.stringify(value) : String(value)}</dd>
                </div>
              ))}
          </dl>
        </details>
      ),
  },
]

/** The ledger: what was given and taken back, with the evidence, newest first. */
export const Ledger = ({ state }: { readonly state: ConsentState }) => (
  <Table
    label={t('consent.ledger')}
    title={t('consent.ledger')}
    rows={[...(state.records as readonly ConsentRecord[])].reverse()}
    columns={columns}
    rowKey={({ id }) => id}
    none={t('consent.ledger_none')}
  />
)
