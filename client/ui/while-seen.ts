// Drawing what nobody sees costs a slow machine as much as drawing what somebody does.

/**
 * `take` passes on what comes while the page is seen; of what comes while it is not, the last once it is seen again. The first at once, since a window waits
 * for it. After `stop` nothing is passed on.
 */
export function whileSeen<T>(onValue: (value: T) => void): { readonly take: (value: T) => void; readonly stop: () => void } {
  let isFirst = true
  let isStopped = false
  let missed: { readonly value: T } | undefined
  const look = (): void => {
    if (document.hidden || missed === undefined) return
    const { value } = missed
    missed = undefined
    onValue(value)
  }
  document.addEventListener('visibilitychange', look)
  return {
    take: (value) => {
      if (isStopped) return
      missed = { value }
      if (!document.hidden || isFirst) {
        missed = undefined
        onValue(value)
      }
      isFirst = false
    },
    stop: () => {
      isStopped = true
      missed = undefined
      document.removeEventListener('visibilitychange', look)
    },
  }
}
