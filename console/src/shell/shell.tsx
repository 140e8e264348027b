import { IconSearch } from '@tabler/icons-react'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState } from 'react'
import { useBranding } from '../branding.ts'
import { FIND_KEY, useKeys } from '../keys.ts'
import { LiveProvider } from '../live/live.tsx'
import { useWaiting } from '../live/waiting.ts'
import { useMay } from '../rights.ts'
import { number, t } from '../text.ts'
import { LiveMark } from './live-mark.tsx'
import { GROUPS, placesOf } from './places.ts'

const Jump = lazy(() => import('./jump.tsx').then(({ Jump: part }) => ({ default: part })))
const KeysHelp = lazy(() => import('./keys-help.tsx').then(({ KeysHelp: part }) => ({ default: part })))

const Mark = ({ logo }: { readonly logo: string | null }) => <img src={logo ?? '/icon.svg'} alt="" />

const Side = ({ onJump }: { readonly onJump: () => void }) => {
  const may = useMay()
  const branding = useBranding()
  const waiting = useWaiting()
  return (
    <nav className="side" aria-label={t('nav.label')}>
      <Link to="/" className="brand">
        <Mark logo={branding.logo} />
        <span className="clip">{branding.name}</span>
      </Link>
      <button type="button" className="jump" onClick={onJump}>
        <IconSearch size={15} aria-hidden />
        <span>{t('jump.open')}</span>
        <kbd>{FIND_KEY}</kbd>
      </button>
      {GROUPS.map(({ title, places }) => ({ title, places: places.filter(({ rights }) => rights.some(may)) }))
        .filter(({ places }) => places.length > 0)
        .map(({ title, places }) => (
          <div key={title ?? 'first'} role="group" aria-label={title === null ? t('nav.look') : t(title)}>
            {title !== null && <div className="side-group">{t(title)}</div>}
            {places.map(({ to, text, icon: Icon }) => (
              <Link key={to} to={to} className="side-link" activeOptions={{ exact: to === '/', includeSearch: false }}>
                <Icon aria-hidden />
                <span>{t(text)}</span>
                {to === '/review' && waiting > 0 && <span className="side-count">{number(waiting)}</span>}
              </Link>
            ))}
          </div>
        ))}
      <div className="side-foot">
        <LiveMark />
      </div>
    </nav>
  )
}

/** The frame around every screen. */
export const Shell = () => {
  const go = useNavigate()
  const [jumping, setJumping] = useState(false)
  const [helping, setHelping] = useState(false)
  const may = useMay()
  useKeys({
    ...Object.fromEntries(placesOf(may).map(({ key, to }) => [`g ${key}`, () => void go({ to })])),
    '/': () => setJumping(true),
    '?': () => setHelping(true),
  })
  // Also while something is typed, and where nothing has the focus.
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!(event.metaKey || event.ctrlKey) || event.key !== 'k') return
      event.preventDefault()
      setJumping(true)
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])
  return (
    <LiveProvider>
      <div className="shell">
        <Side onJump={() => setJumping(true)} />
        <div className="main">
          <Outlet />
        </div>
      </div>
      <Suspense>
        {jumping && <Jump onClose={() => setJumping(false)} />}
        {helping && <KeysHelp onClose={() => setHelping(false)} />}
      </Suspense>
    </LiveProvider>
  )
}
