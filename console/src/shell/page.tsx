import { type ReactNode, useEffect } from 'react'
import { brandName } from '../branding.ts'
import { UserMenu } from './user-menu.tsx'

/** A screen's head: where one is, and what one may do here. */
export const Page = (props: {
  readonly title: string
  readonly crumb?: ReactNode
  readonly aside?: ReactNode
  readonly actions?: ReactNode
  readonly wide?: boolean
  readonly children: ReactNode
}) => {
  const { title, crumb, aside, actions, wide = false, children } = props
  useEffect(() => {
    document.title = `${title} · ${brandName()}`
  }, [title])
  return (
    <main className="page-frame">
      <div className="bar">
        <div className="bar-title">
          {crumb !== undefined && <span className="crumb">{crumb}</span>}
          <h1 className="clip">{title}</h1>
          {aside}
        </div>
        <div className="bar-actions">
          {actions}
          <UserMenu />
        </div>
      </div>
      {wide ? (
        <div className="page-wide">{children}</div>
      ) : (
        <div className="page" tabIndex={0}>
          <div className="page-inner">{children}</div>
        </div>
      )}
    </main>
  )
}
