import { Modal } from '@mantine/core'
import { type TextKey, t } from '../text.ts'

const KEYS: readonly (readonly [string, TextKey])[] = [
  ['⌘K  /', 'keys.jump'],
  ['g o', 'keys.overview'],
  ['g l', 'keys.leads'],
  ['g r', 'keys.review'],
  ['g f', 'keys.flows'],
  ['g s', 'keys.sources'],
  ['j  k', 'keys.rows'],
  ['Enter', 'keys.open'],
  ['x', 'keys.select'],
  ['a', 'keys.approve'],
  ['r', 'keys.reject'],
  ['s', 'keys.skip'],
  ['u', 'keys.undo'],
  ['?', 'keys.help'],
]

export const KeysHelp = ({ onClose }: { readonly onClose: () => void }) => (
  <Modal opened onClose={onClose} title={t('keys.title')}>
    <table className="plain-table">
      <tbody>
        {KEYS.map(([key, text]) => (
          <tr key={key}>
            <td style={{ width: 110 }}>
              <span className="row" style={{ gap: 4 }}>
                {key.split(/\s+/).map((each) => (
                  <kbd key={each}>{each}</kbd>
                ))}
              </span>
            </td>
            <td>{t(text)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Modal>
)
