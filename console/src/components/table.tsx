import { Button } from '@mantine/core'
import { Fragment, type ReactNode } from 'react'
import { t } from '../text.ts'

export interface Column<Row> {
  readonly key: string
  readonly head: string
  readonly cell: (row: Row) => ReactNode
  /** Numbers and buttons stand at the end. */
  readonly end?: boolean
  /** Its head is said to screen readers alone: what stands below speaks for itself. */
  readonly quiet?: boolean
}

/** Rows that answer one question, in a card of their own. All tables that are not virtual are this one. */
export const Table = <Row,>(props: {
  readonly label: string
  readonly rows: readonly Row[]
  readonly columns: readonly Column<Row>[]
  readonly rowKey: (row: Row) => string
  /** Shown as a head of the card; without it the label is for screen readers. */
  readonly title?: string
  readonly actions?: ReactNode
  /** In place of rows where there are none. */
  readonly none?: ReactNode
  /** What a row opens to, below it. */
  readonly below?: (row: Row) => ReactNode
  readonly more?: { readonly on: boolean; readonly busy: boolean; readonly load: () => void }
}) => {
  const { label, rows, columns, rowKey, title, actions, none, below, more } = props
  return (
    <section className="card table-card" aria-label={label}>
      {(title !== undefined || actions !== undefined) && (
        <div className="card-head">
          <h2>{title ?? label}</h2>
          {actions}
        </div>
      )}
      {rows.length === 0 && none !== undefined ? (
        <div className="card-body soft">{none}</div>
      ) : (
        <table className="plain-table">
          <thead>
            <tr>
              {columns.map(({ key, head, end, quiet }) => (
                <th key={key} className={end ? 'end' : undefined}>
                  {quiet ? <span className="visually-hidden">{head}</span> : head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => {
              const opened = below?.(row) ?? null
              return (
                <Fragment key={rowKey(row)}>
                  <tr>
                    {columns.map(({ key, cell, end }) => (
                      <td key={key} className={end ? 'end' : undefined}>
                        {cell(row)}
                      </td>
                    ))}
                  </tr>
                  {opened !== null && (
                    <tr className="table-below">
                      <td colSpan={columns.length}>{opened}</td>
                    </tr>
                  )}
                </Fragment>
              )
            })}
          </tbody>
        </table>
      )}
      {more?.on && (
        <div className="table-more">
          <Button variant="default" loading={more.busy} onClick={more.load}>
            {t('action.more')}
          </Button>
        </div>
      )}
    </section>
  )
}
