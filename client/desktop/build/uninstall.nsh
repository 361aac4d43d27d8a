; What the Windows uninstaller does before it removes the app's files: the system's proxy is put back, and a kill switch that a crash left on is released.
; Not when a newer version takes its place.
!macro customUnInstall
  ${ifNot} ${isUpdated}
    ExecWait '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" --repair-internet'
  ${endIf}
!macroend
