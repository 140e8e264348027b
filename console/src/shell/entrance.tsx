import { Alert } from '@mantine/core'
import type { FormEvent, ReactNode } from 'react'
import { t } from '../text.ts'

const Race = () => (
  <svg viewBox="0 0 600 800" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
    {Array.from({ length: 13 }, (_, row) => (
      <path
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a drawing that never changes
        key={row}
        d={`M-40 ${40 + row * 62} c 110 0 110 ${26 + row * 2} 220 ${26 + row * 2} s 110 -${26 + row * 2} 220 -${26 + row * 2} s 110 ${26 + row * 2} 240 ${26 + row * 2}`}
        fill="none"
        stroke="#3ecfbf"
        strokeOpacity={0.05 + row * 0.022}
        strokeWidth={1 + row * 0.55}
      />
    ))}
  </svg>
)

/** A page for who is not in yet: one form, and what was wrong with what it sent. */
export const Entrance = (props: {
  readonly title: string
  readonly lead: string
  readonly error: string | null
  readonly onSubmit: (event: FormEvent) => void
  readonly children: ReactNode
}) => (
  <div className="sign-in">
    <main className="row">
      <form className="sign-in-form" onSubmit={props.onSubmit}>
        <img src="/icon.svg" alt="" width={40} height={40} />
        <div className="stack" style={{ gap: 4 }}>
          <h1>{props.title}</h1>
          <p className="soft">{props.lead}</p>
        </div>
        {props.error !== null && (
          <Alert color="red" variant="light" role="alert">
            {props.error}
          </Alert>
        )}
        {props.children}
      </form>
    </main>
    <aside className="sign-in-art" aria-label={t('app.promise')}>
      <Race />
      <p>{t('app.promise')}</p>
    </aside>
  </div>
)
