#include "harness/ssh/deployment.h"

#include "harness/ssh/ssh_command.h"

namespace holdfast::harness {
namespace {

constexpr const char* kFolder = "${XDG_CACHE_HOME:-$HOME/.cache}/holdfast";
constexpr int kKeptDays = 30;

// What the login shell is, a host's user decides; this is for the plain one.
std::string for_plain_shell(const std::string& script) {
  return "exec /bin/sh -c " + quoted(script);
}

std::string enter_folder() {
  return std::string("umask 077; folder=\"") + kFolder +
         "\"; mkdir -p \"$folder/files\" && cd \"$folder\" || exit 1\n";
}

// Links the bundle together from its files; old bundles go, and then files that are in none.
std::string link_bundle(const Bundle& bundle) {
  const std::string folder = "bundle-" + bundle.id;
  std::string script = "mkdir -p " + folder + " || exit 1\n";
  for (const BundleFile& file : bundle.files) {
    script += "ln -f files/" + file.sha256 + " \"" + folder + "/" + file.name + "\" || exit 1\n";
  }
  script += "touch " + folder + "\n";
  script += "find . -maxdepth 1 -name \"bundle-*\" -mtime +" + std::to_string(kKeptDays) +
            " -exec rm -rf {} +\n";
  script += "find files -type f -links 1 -mmin +60 -delete\n";
  return script;
}

// In double quotes for the shell.
std::string in_quotes(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') safe += '\\';
    safe += c;
  }
  return "\"" + safe + "\"";
}

}  // namespace

std::string arrival_command(const SshHost& host, const Bundle& bundle) {
  std::string script = "echo holdfast $(uname -m)\n" + enter_folder();
  const bool deploys = host.programs.empty();
  if (deploys) {
    script += "for file in";
    for (const BundleFile& file : bundle.files) script += " " + file.sha256;
    script += "; do [ -e files/$file ] || echo missing $file; done\n";
  }
  script += "echo ready; read -r word || exit 0\n";
  if (deploys) script += link_bundle(bundle);
  const std::string programs =
      deploys ? "\"$folder/bundle-" + bundle.id + "\"" : in_quotes(host.programs);
  script += "exec " + std::string(host.sudo ? "sudo -n " : "") + "env " +
            (deploys ? "LD_LIBRARY_PATH=" + programs + " " : "") + programs +
            "/holdfast agent --folder \"$folder\" --node-program " + programs + "/holdfast-node\n";
  return for_plain_shell(script);
}

std::string copy_command(const std::vector<const BundleFile*>& files) {
  std::string script = enter_folder() + "cd files || exit 1\n";
  for (const BundleFile* file : files) {
    script += "head -c " + std::to_string(file->bytes) + " > $$ && ";
    script += "echo \"" + file->sha256 + "  $$\" | sha256sum -c --status && chmod 700 $$ && ";
    script += "mv $$ " + file->sha256 + " || { rm -f $$; echo copied badly >&2; exit 1; }\n";
  }
  return for_plain_shell(script);
}

}  // namespace holdfast::harness
