# A Varnish that forwards a site to a relay: an edge, in a chain of three programs that talk by sockets in /run/culvert-edge:
#   hitch (hitch.conf: TLS for visitors) -> varnishd (this file) -> stunnel (stunnel.conf: TLS to the relay, which Varnish can't do)
# For Varnish 7.1 or later; how to set it up and the command line of varnishd: docs/EDGES.md.
# Put your relay in the place of relay.example.net.
vcl 4.1;

backend origin {
    .path = "/run/culvert-edge/origin.sock";
    .connect_timeout = 10s;
    # An answer that streams may be silent for long.
    .first_byte_timeout = 1h;
    .between_bytes_timeout = 1h;
}

sub vcl_recv {
    # hitch does not say who visits; what another proxy has said before is left out, and so is what Varnish adds.
    unset req.http.X-Forwarded-For;
    unset req.http.X-Forwarded-Host;
    unset req.http.X-Forwarded-Proto;
    unset req.http.X-Real-IP;
    unset req.http.X-Client-IP;
    unset req.http.True-Client-IP;
    unset req.http.CF-Connecting-IP;
    unset req.http.Forwarded;
    unset req.http.Via;
    unset req.http.Expect;

    # A WebSocket's bytes are not Varnish's to understand.
    if (req.http.Upgrade ~ "(?i)^websocket$") {
        return (pipe);
    }
    # Nothing is cached, and no cookie is looked at: every request is the relay's to answer.
    return (pass);
}

sub vcl_pipe {
    set bereq.http.Host = "relay.example.net";
    set bereq.http.Upgrade = req.http.Upgrade;
    set bereq.http.Connection = "Upgrade";
    unset bereq.http.Via;
    unset bereq.http.X-Varnish;
    return (pipe);
}

sub vcl_backend_fetch {
    set bereq.http.Host = "relay.example.net";
    unset bereq.http.Via;
    unset bereq.http.X-Varnish;
    return (fetch);
}

sub vcl_backend_response {
    set beresp.uncacheable = true;
    # Bytes go on as they come.
    set beresp.do_stream = true;
    # The relay's own name is not for visitors.
    if (beresp.http.Location) {
        set beresp.http.Location = regsub(beresp.http.Location, "^https://relay\.example\.net(/|$)", "/");
    }
    return (deliver);
}

# What a visitor would otherwise learn: which request of how many this was.
sub vcl_deliver {
    unset resp.http.X-Varnish;
    return (deliver);
}
