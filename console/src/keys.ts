import { useEffect, useRef } from 'react'

/** Single keys for whoever works without a mouse; none of them fires while something is typed. */
export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>

/** Nothing is typed into these: whoever has just chosen something with them goes on by keys. */
const isPicked = (input: HTMLInputElement): boolean =>
  input.type === 'checkbox' ||
  input.type === 'radio' ||
  (input.readOnly && input.getAttribute('aria-expanded') !== 'true')

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    /^(?:TEXTAREA|SELECT)$/.test(target.tagName) ||
    (target instanceof HTMLInputElement && !isPicked(target)) ||
    target.closest('[role="dialog"], [role="menu"], [role="listbox"]') !== null)

/** What lies over the page while it is open: Escape leaves that, and nothing of the page. */
const OVER = '.mantine-Popover-dropdown, .mantine-Menu-dropdown, .mantine-Select-dropdown, .mantine-Modal-content'
let isOver = false
// Looked at before whatever is open hears of the key, and closes.
window.addEventListener(
  'keydown',
  ({ key }) => {
    isOver = key === 'Escape' && document.querySelector(OVER) !== null
  },
  true,
)

/** Enter presses the button that has the focus: it is not the screen's then. */
const isOwn = (target: EventTarget | null, key: string): boolean =>
  isOver || (key === 'Enter' && target instanceof HTMLElement && target.closest('a, button, summary, input') !== null)

/** The key that finds and goes, as it stands on this machine's keyboard. */
export const FIND_KEY = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘K' : 'Ctrl K'

const SEQUENCE_MS = 900
/** Begins a sequence: the key after it means nothing by itself, on no screen. */
const PREFIX = 'g'

/** Names: `j`, `Enter`, `ArrowDown`, `shift+?` is `?`; `g l` is g and then l. */
export const useKeys = (keys: Keys, active = true): void => {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    if (!active) return
    let first = ''
    let at = 0
    const listen = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      if (isTyping(event.target) || isOwn(event.target, event.key)) return
      const together = event.timeStamp - at < SEQUENCE_MS ? `${first} ${event.key}` : ''
      const isSecond = together !== '' && first === PREFIX
      const act = latest.current[together] ?? (isSecond ? undefined : latest.current[event.key])
      first = event.key
      at = event.timeStamp
      if (act === undefined) return
      event.preventDefault()
      act(event)
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [active])
}
