// The PowerShell script that calls WinINET: what windows.ts runs, with `read` or `write` and its lines on stdin.

/** Prints or takes lines of a name and its value in Base64 of UTF-8, `-` where there is none; exits with 1 where Windows refuses. */
export const WININET_SCRIPT: string = `
$ErrorActionPreference = 'Stop'
$source = @'
using System;
using System.ComponentModel;
using System.Runtime.InteropServices;
public static class CulvertProxy {
  [StructLayout(LayoutKind.Explicit)]
  struct Value {
    [FieldOffset(0)] public int Number;
    [FieldOffset(0)] public IntPtr Text;
    [FieldOffset(0)] public System.Runtime.InteropServices.ComTypes.FILETIME Time;
  }
  [StructLayout(LayoutKind.Sequential)]
  struct Option { public int Id; public Value Value; }
  [StructLayout(LayoutKind.Sequential)]
  struct OptionList { public int Size; public IntPtr Connection; public int Count; public int Error; public IntPtr Options; }
  [DllImport("wininet.dll", EntryPoint = "InternetQueryOptionW", SetLastError = true)]
  static extern bool Query(IntPtr internet, int option, ref OptionList list, ref int size);
  [DllImport("wininet.dll", EntryPoint = "InternetSetOptionW", SetLastError = true)]
  static extern bool Set(IntPtr internet, int option, ref OptionList list, int size);
  [DllImport("wininet.dll", EntryPoint = "InternetSetOptionW", SetLastError = true)]
  static extern bool Tell(IntPtr internet, int option, IntPtr nothing, int size);
  [DllImport("kernel32.dll")]
  static extern IntPtr GlobalFree(IntPtr memory);
  const int PerConnection = 75, SettingsChanged = 39, Refresh = 37;

  // FLAGS_UI (10) is what the settings show; FLAGS (1) is how they are set. The rest: server 2, exceptions 3, PAC 4.
  static OptionList Fill(Option[] options, IntPtr memory) {
    int each = Marshal.SizeOf(typeof(Option));
    for (int i = 0; i < options.Length; i++) Marshal.StructureToPtr(options[i], new IntPtr(memory.ToInt64() + i * each), false);
    var list = new OptionList();
    list.Size = Marshal.SizeOf(typeof(OptionList));
    list.Count = options.Length;
    list.Options = memory;
    return list;
  }

  public static string[] Read() {
    var options = new Option[] { new Option { Id = 10 }, new Option { Id = 2 }, new Option { Id = 3 }, new Option { Id = 4 } };
    int each = Marshal.SizeOf(typeof(Option));
    IntPtr memory = Marshal.AllocHGlobal(each * options.Length);
    try {
      var list = Fill(options, memory);
      int size = list.Size;
      if (!Query(IntPtr.Zero, PerConnection, ref list, ref size)) throw new Win32Exception();
      var found = new string[options.Length];
      for (int i = 0; i < options.Length; i++) {
        var option = (Option)Marshal.PtrToStructure(new IntPtr(memory.ToInt64() + i * each), typeof(Option));
        if (i == 0) found[i] = option.Value.Number.ToString();
        else if (option.Value.Text != IntPtr.Zero) {
          found[i] = Marshal.PtrToStringUni(option.Value.Text);
          GlobalFree(option.Value.Text);
        }
      }
      return found;
    } finally { Marshal.FreeHGlobal(memory); }
  }

  public static void Write(int[] ids, string[] values) {
    var options = new Option[ids.Length];
    for (int i = 0; i < ids.Length; i++) {
      options[i].Id = ids[i];
      if (ids[i] == 1) options[i].Value.Number = int.Parse(values[i]);
      else options[i].Value.Text = Marshal.StringToHGlobalUni(values[i] ?? "");
    }
    IntPtr memory = Marshal.AllocHGlobal(Marshal.SizeOf(typeof(Option)) * options.Length);
    try {
      var list = Fill(options, memory);
      if (!Set(IntPtr.Zero, PerConnection, ref list, list.Size)) throw new Win32Exception();
      Tell(IntPtr.Zero, SettingsChanged, IntPtr.Zero, 0);
      Tell(IntPtr.Zero, Refresh, IntPtr.Zero, 0);
    } finally {
      Marshal.FreeHGlobal(memory);
      for (int i = 0; i < ids.Length; i++) if (ids[i] != 1) Marshal.FreeHGlobal(options[i].Value.Text);
    }
  }
}
'@
try {
  Add-Type -TypeDefinition $source
  $verb = [Console]::In.ReadLine()
  if ($verb -eq 'read') {
    $names = 'flags', 'server', 'bypass', 'pac'
    $values = [CulvertProxy]::Read()
    for ($i = 0; $i -lt 4; $i++) {
      if ([string]::IsNullOrEmpty($values[$i])) { [Console]::Out.WriteLine($names[$i] + ' -') }
      else { [Console]::Out.WriteLine($names[$i] + ' ' + [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($values[$i]))) }
    }
    exit 0
  }
  if ($verb -ne 'write') { exit 2 }
  $numbers = @{ flags = 1; server = 2; bypass = 3; pac = 4 }
  $ids = @()
  $texts = @()
  while ($null -ne ($line = [Console]::In.ReadLine())) {
    $name, $text = $line.Split(' ')
    $ids += [int]$numbers[$name]
    if ($text -eq '-') { $texts += '' } else { $texts += [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($text)) }
  }
  [CulvertProxy]::Write([int[]]$ids, [string[]]$texts)
  exit 0
} catch { exit 1 }
`
