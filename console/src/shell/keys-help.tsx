import { Modal } from '@mantine/core'
import { FIND_KEY } from '../keys.ts'
import { useMay } from '../rights.ts'
import { type TextKey, t } from '../text.ts'
import { placesOf } from './places.ts'

const KEYS: readonly (readonly [string, TextKey])[] = [
  [`${FIND_KEY}  /`, 'keys.jump'],
  ['j  k', 'keys.rows'],
  ['Enter', 'keys.open'],
  ['x', 'keys.select'],
  ['a', 'keys.approve'],
  ['r', 'keys.reject'],
  ['s', 'keys.skip'],
  ['e', 'keys.mend'],
  ['u', 'keys.undo'],
  ['?', 'keys.help'],
]

const Table = ({ rows }: { readonly rows: readonly (readonly [string, TextKey])[] }) => (
  <table className="plain-table">
    <tbody>
      {rows.map(([key, text]) => (
        <tr key={key}>
          <td style={{ width: 96 }}>
            <span className="row" style={{ gap: 4 }}>
              {key.split(/ {2,}/).map((each) => (
                <kbd key={each}>{each}</kbd>
              ))}
            </span>
          </td>
          <td>{t(text)}</td>
        </tr>
      ))}
    </tbody>
  </table>
)

/** What can be done without a mouse, as far as one may. */
export const KeysHelp = ({ onClose }: { readonly onClose: () => void }) => {
  const may = useMay()
  const places = placesOf(may).map(({ key, text }) => [`g  ${key}`, text] as const)
  return (
    <Modal opened onClose={onClose} title={t('keys.title')} size={640}>
      <div className="keys-help">
        <Table rows={KEYS} />
        <Table rows={places} />
      </div>
    </Modal>
  )
}
