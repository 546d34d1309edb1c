# packages: tcl8.6
# programs: /usr/bin/tclsh8.6
# source: tcl8.6
# kind: suite
# part: tests/all.tcl without the files that need tcltest's C commands, the network outside or hours
cd "$SOURCE/tests"
for file in append assocd basic binary chan chanio clock cmdAH cmdIL cmdMZ compile dict encoding env \
    error event exec fCmd fileName fileSystem format http httpold init interp io ioCmd ioTrans lsearch \
    main namespace oo package pid pkgMkIndex platform proc pwd reg regexp rename safe scan security \
    socket source string subst switch tailcall tcltest thread timer tm trace unixFCmd unixFile \
    unixForkEvent unixInit unixNotfy unload uplevel utf util var while zlib; do
    echo "$file"
    timeout 10 "$BIN/tclsh8.6" "$file.test" 2>&1 | tail -n 2 || true
done
