import { useMemo } from 'react'
import { encode } from 'uqr'

/** Cells of quiet ground around it, which readers need. */
const QUIET = 4

/** What a phone reads with its camera. Black on white in either appearance: many readers know no other. */
export const QrCode = ({ text, label, size = 168 }: { text: string; label: string; size?: number }) => {
  const { path, cells } = useMemo(() => {
    const { data } = encode(text, { border: QUIET })
    const rows = data.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')).join(''))
    return { path: rows.join(''), cells: data.length }
  }, [text])
  return (
    <svg
      className="qr-code"
      role="img"
      aria-label={label}
      width={size}
      height={size}
      viewBox={`0 0 ${cells} ${cells}`}
      shapeRendering="crispEdges"
    >
      <rect width={cells} height={cells} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}
