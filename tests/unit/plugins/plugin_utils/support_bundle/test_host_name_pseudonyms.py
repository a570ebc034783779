# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A name has one pseudonym, short and full names of a host belong together, and public names stay."""

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle.host_name_pseudonyms import (
    HostNames,
)
from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.support_bundle.replacement_counts import Tally

PUBLIC = {"anypoint.mulesoft.com", "docker-images-prod.s3.amazonaws.com"}


def names(hosts=(), others=(), kept=()):
    return HostNames(hosts, others, PUBLIC.union(kept), Tally())


def test_short_and_full_names_belong_together():
    known = names(["kx1-prod", "kx1-prod.dc1.corp.example.org"], ["proxy.corp.example.org"])
    assert known.replaced("kx1-prod") == "host-1"
    assert known.replaced("KX1-prod.dc1.corp.example.org") == "host-1.zone-1.zone-2.site-1.example"
    assert known.replaced("proxy.corp.example.org:3128") == "host-2.zone-2.site-1.example:3128"


def test_names_below_a_domain_of_the_site_are_replaced_wherever_they_stand():
    known = names([], ["proxy.corp.example.org"])
    assert known.replaced("CN=ldap.example.org,.corp.example.org") == "CN=host-2.site-1.example,.host-3.site-1.example"


def test_longer_names_come_first_and_parts_of_words_stay():
    known = names(["db", "db-1", "db-10"])
    assert known.replaced("db-10 db-1 db libdb db-x db_x mydb-1") == "host-3 host-2 host-1 libdb db-x db_x mydb-1"


def test_public_names_and_their_domains_stay():
    known = names(["node1.s3.amazonaws.com"], ["anypoint.mulesoft.com"])
    text = "anypoint.mulesoft.com docker-images-prod.s3.amazonaws.com x.amazonaws.com"
    assert known.replaced(text) == text
    assert known.replaced("node1.s3.amazonaws.com") == "host-1.zone-1.site-1.example"


def test_words_of_the_report_and_addresses_are_no_names():
    known = names(["worker", "10.1.2.3", "fd00::1"], kept={"worker"})
    assert known.replaced("the worker 10.1.2.3") == "the worker 10.1.2.3"


def test_a_pseudonym_is_no_name_of_the_site():
    known = names(["host-2", "host-1"])
    assert known.replaced("host-1 host-2") == "machine-2 machine-1"
