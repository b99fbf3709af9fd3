# shellcheck shell=bash
# What setup and tests/bare-tree need to know about this machine's apt sources. Sourced, never run.
#
# apt itself is asked which sources it uses (`apt-get indextargets`), so that third-party sources, which may well
# use the distribution's suite names, are told apart by the Origin that their signed Release file gives, and not
# by guessing from addresses. That needs package lists: run `apt-get update` before on a fresh machine.

# The suite name of the running system, such as bookworm; empty where the system has none.
apt_codename() {
    (
        # shellcheck source=/dev/null
        source /etc/os-release
        printf '%s\n' "${VERSION_CODENAME:-}"
    )
}

# One line for each configured index: origin|label|codename|component|address|suite as configured|file:entry
apt_indexes() {
    # The $(NAME) are for apt to fill in.
    # shellcheck disable=SC2016
    apt-get indextargets --format \
        '$(ORIGIN)|$(LABEL)|$(CODENAME)|$(COMPONENT)|$(REPO_URI)|$(RELEASE)|$(SOURCESENTRY)' \
        'Created-By: Packages'
}

# Debian's own mirror for suite $1: "address|suite as configured|file". Nothing when there is none.
# Origin and label rule out third parties and the security archive (label Debian-Security); the code name rules
# out the updates suite, and is right also where the source says "stable".
apt_debian_mirror() {
    apt_indexes | awk -F'|' -v suite="$1" '
        $1 == "Debian" && $2 == "Debian" && $3 == suite && $4 == "main" && !found++ {
            sub(/:[0-9]+$/, "", $7)
            print $5 "|" $6 "|" $7
        }'
}

# Whether a source for suite $1 is configured; its lists need not have been fetched.
apt_has_suite() {
    apt_indexes | awk -F'|' -v suite="$1" '
        ($3 == suite || $6 == suite) && $4 == "main" { found = 1 }
        END { exit !found }'
}

# Whether the lists of suite $1 are there: only they tell a code name.
apt_knows_suite() {
    apt_indexes | awk -F'|' -v suite="$1" '
        $3 == suite && $4 == "main" { found = 1 }
        END { exit !found }'
}

# Prints the entry of sources file $1 for address $2 and suite $3, changed to name suite $4 and component main.
# All its other fields or options are kept: the key, the architectures, whatever this mirror needs.
apt_entry_for_suite() {
    case $1 in
        *.sources) apt_stanza_for_suite "$@" ;;
        *) apt_line_for_suite "$@" ;;
    esac
}

# The deb822 format (.sources): stanzas of "Field: words", a field may go on in indented lines.
apt_stanza_for_suite() {
    awk -v uri="${2%/}" -v suite="$3" -v new_suite="$4" '
        function end_of_stanza() {
            if (has_type && has_uri && has_suite && !disabled && !done++)
                printf "Types: deb\n%sSuites: %s\nComponents: main\n", kept, new_suite
            has_type = has_uri = has_suite = disabled = 0
            kept = field = ""
        }
        /^#/ { next }
        /^[ \t]*$/ { end_of_stanza(); next }
        {
            words = $0
            if ($0 ~ /^[^ \t]/) {
                field = tolower($0)
                sub(/[ \t]*:.*/, "", field)
                sub(/^[^:]*:/, "", words)
            }
            count = split(words, word, /[ \t]+/)
            for (i = 1; i <= count; i++) {
                plain = word[i]
                sub(/\/$/, "", plain)
                if (field == "types" && plain == "deb") has_type = 1
                if (field == "uris" && plain == uri) has_uri = 1
                if (field == "suites" && word[i] == suite) has_suite = 1
                if (field == "enabled" && tolower(plain) ~ /^(no|false|off|0|disable)$/) disabled = 1
            }
            if (field != "types" && field != "suites" && field != "components")
                kept = kept $0 "\n"
        }
        END { end_of_stanza() }' "$1"
}

# The one-line format (.list): deb [options] address suite components
apt_line_for_suite() {
    local type rest pattern='^(\[[^]]*\][[:space:]]+)?([^[:space:]]+)[[:space:]]+([^[:space:]]+)'
    while read -r type rest || [[ -n $type ]]; do
        [[ $type == deb && $rest =~ $pattern ]] || continue
        [[ ${BASH_REMATCH[2]%/} == "${2%/}" && ${BASH_REMATCH[3]} == "$3" ]] || continue
        printf 'deb %s%s %s main\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "$4"
        return
    done <"$1"
}

# Writes $1/apt.conf, with which `apt-get -c` sees nothing but suite $2 of Debian's mirror, and keeps what it fetches in
# folder $1. The mirror's entry keeps its key, so signatures are checked as ever. Fails where no such mirror is configured.
apt_make_private() {
    local folder=$1 mirror uri suite file
    mirror=$(apt_debian_mirror "$(apt_codename)")
    [[ -n $mirror ]] || return 1
    IFS='|' read -r uri suite file <<<"$mirror"
    mkdir -p "$folder/sources" "$folder/state/lists/partial" "$folder/cache/archives/partial"
    apt_entry_for_suite "$file" "$uri" "$suite" "$2" >"$folder/sources/faultline.${file##*.}"
    # The hooks that this machine runs after an update are about its own lists.
    cat >"$folder/apt.conf" <<-END
		Dir::Etc::SourceList "/dev/null";
		Dir::Etc::SourceParts "$folder/sources";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "/dev/null";
		Dir::State "$folder/state";
		Dir::State::status "/dev/null";
		Dir::Cache "$folder/cache";
		Acquire::Languages "none";
		APT::Default-Release "";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	END
}
