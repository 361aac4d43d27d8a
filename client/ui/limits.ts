// Every limit of the screens, with its reason.

export const uiLimits = {
  /** A file that is to hold an invite: a picture of a screen has a few megabytes. */
  fileBytesMax: 20_000_000,
  /** A text file of that kind. */
  textFileBytesMax: 65_536,
  /** Pictures are made smaller before they are searched: a QR code needs no more. */
  pictureSideMax: 1_600,
  /** How often the camera's picture is searched. */
  cameraEveryMs: 200,
  /** From a lost line to the core until it is sought again, at first and at most. */
  againMs: 500,
  againMsMax: 5_000,
  /** What the person is told in passing stays so long. */
  toastMs: 4_000,
}
