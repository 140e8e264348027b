import { useLiveState } from '../live/live.tsx'
import { t } from '../text.ts'

const TEXT = { connecting: 'live.connecting', live: 'live.live', away: 'live.away' } as const

/** Whether what is on the screen is of this moment. */
export const LiveMark = () => {
  const state = useLiveState()
  return (
    <div className="live" data-state={state} role="status" style={{ padding: '0 8px' }}>
      <i aria-hidden="true" />
      <span>{t(TEXT[state])}</span>
    </div>
  )
}
